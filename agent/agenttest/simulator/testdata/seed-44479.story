# What was removed and came back to its journey was forgotten by a rebuilt cluster.
# story v1 of seed 44479
{"Seed":44479,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[0,0,100]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[67,33]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"api","Absent":false,"Targets":[1,2],"Routes":null,"Steps":1,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0,"Level":1,"Aside":true},"Alive":null,"Events":null}
4m0s       target       agent=2 a=35 b=1
8m0s       reset        a=5 b=5
37m0s      anew         agent=2 on=authors a=2
1h37m0s    weights      agent=2 a=32 b=2
