# story v1 of seed 60109
{"Seed":60109,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":3,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":[],"Events":null}
11m0s      reset        on=apply after=1 a=5 b=4
14m0s      rename       a=7 b=1
25m0s      midway       a=4 b=48
