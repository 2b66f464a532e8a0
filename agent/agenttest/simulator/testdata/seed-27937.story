# A member was brought level by a decision that had spoken of another.
# story v1 of seed 27937
{"Seed":27937,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":5,"Total":1000,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
3m0s       hand         on=apply after=1 a=2 b=48
14m0s      fight        on=record skip=2 a=7 b=2
18m0s      midway       a=6 b=6
