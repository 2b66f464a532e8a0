# story v1 of seed 83834
{"Seed":83834,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1,2],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":300,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0,"Rollback":1}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0,"Freeze":1},"Alive":null,"Events":null}
18m0s      schedule     a=4 b=7
46m0s      weights      a=21 b=5
1h21m0s    weights      a=3 b=3
1h23m0s    damage       a=1 b=4
1h52m0s    midway       a=2
