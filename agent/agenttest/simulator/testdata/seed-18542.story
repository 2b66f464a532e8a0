# A move that nobody had applied when Git was away was called so after another agent had.
# story v1 of seed 18542
{"Seed":18542,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[100,0]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
15m0s      late         agent=1 on=support after=1 a=57 b=2
30m0s      midway       a=5 b=51
43m0s      git-away     agent=1 on=record a=2 b=2
