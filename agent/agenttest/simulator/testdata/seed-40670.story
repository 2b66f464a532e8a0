# An agent that knew an older commit heeded an abort, and took what it wrote for its own knowledge of Git.
# story v1 of seed 40670
{"Seed":40670,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":null,"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
6m0s       git-away     agent=1 on=apply after=1 a=3 b=7
8m0s       weights      agent=1 on=open after=1 a=4 b=54
42m0s      kill         on=read skip=10 after=1 a=4
50m0s      midway       a=5 b=1
