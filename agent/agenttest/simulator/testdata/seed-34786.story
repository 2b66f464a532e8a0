# Emptying an outbox vouched for a state that another agent had stored.
# story v1 of seed 34786
{"Seed":34786,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[80,10,10]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
2m0s       break        agent=1 on=open skip=2 after=1 a=5 b=6
3m0s       rule         a=3 b=57
9m0s       ask          agent=2 on=read skip=29 after=1 a=18 b=2
12m0s      hand         agent=2 a=6
25m0s      route        agent=2 a=1 b=46
40m0s      lost         agent=2 on=apply skip=2 a=1 b=7
59m0s      weights      a=2 b=3
