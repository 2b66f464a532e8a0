# story v1 of seed 54709
{"Seed":54709,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
45m0s      weights      agent=1 on=apply a=1 b=52 c=15
1h20m0s    weights      agent=1 a=5 b=2
1h29m0s    pods         a=5 b=4 c=50
1h32m0s    revert       agent=1 a=7 b=5
