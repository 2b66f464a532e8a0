# The stable of before a route was renamed was taken for what is live.
# story v1 of seed 17142
{"Seed":17142,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0},"Alive":[],"Events":null}
14m0s      weights      a=6 b=4
1h31m0s    route        a=6 b=7
1h50m0s    fight        a=6 b=7
