# An agent that had not seen the newest commit undid what another did for it.
# story v1 of seed 7
{"Seed":7,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":null,"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0},"Alive":null,"Events":null}
1h1m0s     clock        a=48 b=29
