# One route whose stable takes no traffic kept another from going back.
# story v1 of seed 26952
{"Seed":26952,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0},"Alive":null,"Events":null}
53m0s      weights      a=2 b=4 c=1
55m0s      weights      agent=1 a=4
1h13m0s    pods         agent=1 a=4 b=6 c=14
1h25m0s    midway       a=2 b=1
