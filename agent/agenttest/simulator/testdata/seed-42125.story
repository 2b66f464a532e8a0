# story v1 of seed 42125
{"Seed":42125,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
2m0s       late         agent=1 on=apply skip=4 a=6
4m0s       weights      agent=1 a=6 b=4
58m0s      midway       a=2 b=5
1h30m0s    midway       a=6 b=58
