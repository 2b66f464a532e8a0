# A route that the cluster lacks was corrected without end, and nothing changed.
# story v1 of seed 57737
{"Seed":57737,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[67,33]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":[{"Target":1,"Manager":"kubectl-client-side-apply","Weights":[80,10,10]}],"Events":null}
24m0s      route        a=3 b=6
55m0s      delete       a=5
1h1m0s     reset        agent=1 a=3 b=2
