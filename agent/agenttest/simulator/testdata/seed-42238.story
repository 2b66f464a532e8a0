# story v1 of seed 42238
{"Seed":42238,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"mail","Name":"mail","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":2,"Total":1000,"Suspend":false,"Deadline":0},{"Name":"api","Absent":false,"Targets":[1,2],"Routes":null,"Steps":5,"Total":0,"Suspend":false,"Deadline":300}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
7m0s       midway       a=7 b=42 c=53
10m0s      reset        a=1 b=5
14m0s      prune        agent=1 on=authors a=6 b=6
14m0s      late         agent=1 on=apply a=3 b=3
18m0s      midway       a=6 b=5
