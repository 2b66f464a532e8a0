# The cluster said that its cache is behind, and the move was called failed by that cache.
# story v1 of seed 49918
{"Seed":49918,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[50,50]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0},"Alive":null,"Events":null}
32m0s      lag          on=record a=37 b=5
46m0s      twice        on=apply a=4 b=7
1h5m0s     weights      a=6
1h7m0s     revert       a=4 b=1
