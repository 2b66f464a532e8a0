# story v1 of seed 45304
{"Seed":45304,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":4,"Total":1000,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":0,"Start":2,"Schedule":0,"Analysis":0,"Hooks":0}}],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0,"Level":1},"Alive":null,"Events":null}
3m12s      git-away     agent=2 a=13 b=5
4m0s       lost         agent=1 on=remove after=1 a=2
9m0s       prune        agent=2 on=record a=7 b=7
9m0s       rename       on=read skip=37 a=7 b=15
11m0s      weights      agent=2 on=journal a=3 b=1
13m0s      forbidden    agent=2 on=apply skip=2 a=3 b=7
13m0s      route        agent=1 a=4 b=7
23m0s      rename       agent=1 on=apply after=1 a=1 b=1
23m0s      late         agent=1 on=remove after=1 a=50
30m10s     now          agent=2 a=2 b=6
38m0s      schedule     agent=2 a=7 b=16
48m0s      now          agent=1 on=journal a=4 b=6
55m0s      delete       agent=2 on=read skip=29 a=3 b=2
1h15m0s    weights      agent=2 a=1 b=5
1h15m0s    twice        agent=1 on=record skip=2 a=2 b=3
1h26m0s    analysis     agent=2 a=3 b=1
