# story v1 of seed 5868
{"Seed":5868,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[90,10]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
2m0s       target       agent=1 b=2
2m0s       twice        agent=1 on=remove after=1
1h4m0s     lost         on=record after=1 a=4 b=7
1h48m0s    reset        a=7 b=6
