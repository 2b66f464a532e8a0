# A slow write that makes what was not there arrived after another agent had made and removed it.
# story v1 of seed 20104
{"Seed":20104,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":[],"Events":null}
9m0s       target       agent=1 on=any after=1 b=1
20m0s      slow         on=apply a=61 b=1
37m0s      throttled    agent=1 on=apply a=1
37m18s     revert       agent=1 a=6
38m20s     revert       a=6 b=5
