# story v1 of seed 39129
{"Seed":39129,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":2,"Closing":0,"Start":2,"Schedule":0,"Analysis":1,"Hooks":0}}],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
7m0s       route        on=read skip=23 a=1 b=35
8m0s       analysis     a=1 b=7
21m0s      pods         a=4 b=7
26m0s      weights      a=3 b=1
36m0s      weights      a=4
36m17s     analysis     a=3 b=1
45m0s      rollback     a=5 b=7
54m0s      late         on=authors a=2
1h19m0s    ask          a=53 b=4
