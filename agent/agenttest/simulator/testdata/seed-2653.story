# story v1 of seed 2653
{"Seed":2653,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1,2],"Routes":null,"Steps":4,"Total":1000,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0},"Alive":[{"Target":0,"Manager":"helm","Weights":[100,0,0]},{"Target":1,"Manager":"kubectl-client-side-apply","Weights":[100,0,0]}],"Events":null}
2m0s       fight        a=18 b=6
7m0s       damage       a=9 b=6
1h24m0s    hand         a=1 b=6
