# What came back was made at a split that the agent had read of at its start, long ago.
# story v1 of seed 285
{"Seed":285,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
16m0s      extra        a=2 b=4
56m0s      hand         agent=2 b=3
1h34m0s    clock        agent=2 a=5
1h39m0s    target
