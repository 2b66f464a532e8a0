# After two writes without an answer the agent took its own first state for another's, and did not go back.
# story v1 of seed 61379
{"Seed":61379,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
3m0s       weights      a=3 b=3
5m0s       git-away     on=record after=1 a=6 b=6
57m0s      throttled    on=apply after=1 a=6 b=5
1h16m0s    late         on=apply a=5 b=2
1h16m0s    midway       a=4 b=54
