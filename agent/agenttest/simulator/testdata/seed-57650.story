# story v1 of seed 57650
{"Seed":57650,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[0,100]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":2,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":[],"Events":null}
1h10m0s    late         on=apply after=1 a=39
1h10m0s    midway       a=6
