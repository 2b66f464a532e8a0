# Two pushes of one decision, of which the second arrived unheard, left it open for ever.
# story v1 of seed 36566
{"Seed":36566,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0},"Alive":null,"Events":null}
30m0s      slow         on=read skip=3 a=56 b=4
1h26m0s    lost         agent=1 on=record skip=2 after=1 a=6 b=3
1h35m0s    weights      agent=1 on=apply a=3 b=6
1h35m0s    midway       a=1 b=39
