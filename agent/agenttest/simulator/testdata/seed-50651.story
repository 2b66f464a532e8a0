# story v1 of seed 50651
{"Seed":50651,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[34,33,33]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":null,"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
5m0s       lag          a=32 b=1
9m0s       labels       agent=1 a=6 b=2
53m0s      labels       agent=1 a=2 b=3
