# story v1 of seed 301039
{"Seed":301039,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[50,50]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":null,"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0,"Freeze":1},"Alive":null,"Events":null}
17m0s      midway       a=3 b=6
59m0s      weights      a=3 b=4
1h30m0s    reset        a=5
1h58m0s    midway       a=2 b=6
