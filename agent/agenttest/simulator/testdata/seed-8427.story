# An agent that began with an empty cluster took its first look at another's work, by a commit that it never saw, for what a new life finds.
# story v1 of seed 8427
{"Seed":8427,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
1m0s       steps        a=4 b=4
7m52.25s   extra        agent=1 a=2 b=28
9m0s       revert       agent=1 on=apply skip=4 a=4 b=7
10m33s     anew         a=1 b=21
12m0s      break        on=authors a=5 b=1
