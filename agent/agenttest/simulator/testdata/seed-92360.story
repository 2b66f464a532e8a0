# A removal that the cluster called outdated without cause was waited for for ever.
# story v1 of seed 92360
{"Seed":92360,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":null,"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
2m0s       prune        agent=1 on=read skip=29 after=1 a=7 b=5
7m0s       conflict     agent=1 on=remove a=5
12m0s      pods         agent=1 a=2 b=3
12m21.125s delete       a=5
17m0s      rename       b=7
