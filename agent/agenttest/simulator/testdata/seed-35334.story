# Two agents with different commits wrote a DestinationRule over each other without end: each was woken by the other's write between its check and its own.
# story v1 of seed 35334
{"Seed":35334,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[0,100]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":3,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
27.75s     anew         a=52 c=10
54s        clock        a=63 b=48 c=2
4m42s      failed       agent=1 on=record after=1 a=35 b=9 c=47
6m9s       group        agent=1 a=41 b=27 c=39
6m9.625s   lost         agent=1 on=remove skip=4 a=52 b=9 c=21
9m18.625s  failed       on=fetch skip=2 after=1 a=8 b=26 c=5
11m55.75s  late         on=read skip=24 a=10 b=60 c=14
12m25.625s conflict     on=open skip=2 after=1 a=58 b=58 c=10
14m54.375s mend         a=4 b=49 c=11
34m1s      midway       a=63 b=33 c=52
37m42s     break        agent=1 a=38 b=34 c=54
43m58s     now          agent=1 a=1 b=46 c=52
47m13s     extra        agent=1 a=34 b=24 c=5
49m8s      twice        on=record a=54 b=27 c=10
56m2s      throttled    agent=1 on=open skip=4 a=46 b=44 c=40
1h5m49s    forbidden    agent=1 on=fetch skip=1 a=6 b=45 c=9
1h16m20s   twice        agent=1 on=record after=1 a=55 b=31 c=22
1h22m1s    fight        on=support a=17 b=4 c=26
1h27m36s   conflict     on=apply after=1 a=61 b=37 c=8
1h35m4s    throttled    on=remove a=19 b=35 c=13
1h41m18s   group        a=54 b=22 c=47
1h43m25s   dies         on=read skip=29 a=24 b=63 c=60
1h44m21s   late         on=apply skip=2 after=1 a=60 b=10 c=14
1h45m11s   lost         agent=1 on=remove skip=4 after=1 a=18 b=1 c=36
1h46m20s   now          a=36 b=13 c=49
1h51m47s   git-away     agent=1 on=support after=1 a=22 b=9 c=7
1h54m20s   twice        on=record after=1 a=7 b=40 c=41
1h55m0s    labels       agent=1 a=53 b=5 c=50
1h56m6s    weights      a=19 b=6 c=7
