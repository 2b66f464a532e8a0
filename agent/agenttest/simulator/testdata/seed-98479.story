# A move whose target left Git was held open for ever.
# story v1 of seed 98479
{"Seed":98479,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":null,"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":null,"Events":null}
12m0s      rename       on=apply a=1 b=4
21m0s      slow         agent=1 on=read skip=17 after=1 a=25 b=3
53m0s      forbidden    agent=1 on=apply a=5 b=7
1h2m0s     kill         on=apply a=7 b=7
1h7m0s     midway       a=2 b=23
