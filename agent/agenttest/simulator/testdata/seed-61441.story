# One of two agents called a decision failed that the other, who shared it, applied late.
# story v1 of seed 61441
{"Seed":61441,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":3,"Total":0,"Suspend":false,"Deadline":300,"Gate":{"Windows":0,"Closing":2,"Start":0,"Schedule":0,"Analysis":3,"Hooks":0}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0,"Freeze":3},"Alive":[{"Target":0,"Manager":"kubectl-client-side-apply","Weights":[100,0,0]}],"Events":null}
6m0s       dies         agent=1 on=apply after=1 a=5
9m57.375s  git-away     agent=1 a=4 b=2
11m24s     midway       a=2 b=21 c=10
12m0s      dies         on=any a=6 b=3
30m0s      windows      agent=1 a=7 b=22
30m0s      freeze       a=1 b=5
37m0s      extra        on=read skip=37 a=2 b=3 c=19
37m0s      forbidden    agent=1 on=apply after=1 a=5 b=4
47m0s      hooks        b=36
49m0s      weights      agent=1 a=6 b=1
51m0s      freeze       b=4
1h6m43s    kill         a=1 b=2
1h7m0s     late         agent=1 on=apply after=1
1h9m0s     weights      agent=1 a=5 b=7
1h11m0s    now          agent=1 on=record after=1 a=4 b=7
1h21m0s    extra        agent=1 a=5 b=6
