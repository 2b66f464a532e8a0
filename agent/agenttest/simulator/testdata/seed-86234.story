# story v1 of seed 86234
{"Seed":86234,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[5,0,95]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":0,"Start":0,"Schedule":1,"Analysis":0,"Hooks":6,"Rollback":1}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0,"Aside":true},"Alive":[],"Events":null}
9m0s       late         agent=1 on=apply skip=1 a=5 b=2
41m0s      midway       a=58 b=28
49m0s      analysis     a=2 b=7
52m0s      midway       a=60 b=5
56m0s      slow         agent=1 on=journal a=6 b=5
1h5m0s     lost         agent=1 on=apply a=1 b=6
1h6m0s     weights      agent=1 a=58 b=6
1h34m0s    quality      a=5 c=44
