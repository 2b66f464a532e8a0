# story v1 of seed 55422
{"Seed":55422,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[100,0]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1,2],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":2,"Start":2,"Schedule":1,"Analysis":0,"Hooks":0}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0,"Aside":true},"Alive":[{"Target":0,"Manager":"kubectl-client-side-apply","Weights":[0,100]}],"Events":null}
47.5s      weights      a=1 b=3
7m0s       target       a=6 b=6
9m0s       target       a=6 b=2
15m0s      plan         a=1 b=2
57m0s      revert       a=3 b=5
1h11m0s    midway       a=4
