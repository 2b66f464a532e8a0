# story v1 of seed 36974
{"Seed":36974,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[5,0,95]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,100]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1,2],"Routes":null,"Steps":1,"Total":1000,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":2,"Start":1,"Schedule":2,"Analysis":0,"Hooks":5}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0,"Approvers":4,"Aside":true},"Alive":null,"Events":null}
3m0s       lag          on=apply after=1 a=5 b=3
4m0s       throttled    on=apply skip=2 a=3 b=7
5m0s       hand         a=4 b=25
12m0s      weights      a=6 b=3
49m0s      webhook      a=1 b=5
