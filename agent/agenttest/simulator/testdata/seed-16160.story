# An agent that saw another's VirtualService with Git away took its absence for what it knew before, and made anew what Git had removed.
# story v1 of seed 16160
{"Seed":16160,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[5,0,95]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":4,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
1h7m0s     target       a=2 b=6
1h21m0s    git-away     on=read skip=8 after=1 a=53 b=4
1h28m0s    rename       on=journal a=4 b=5
1h36m0s    target       agent=1 a=3 b=7
1h44m0s    revert       a=5 b=3
1h55m0s    midway       a=3 b=1
