# story v1 of seed 802421
{"Seed":802421,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"api","Absent":false,"Targets":[1],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":0,"Start":0,"Schedule":0,"Analysis":3,"Hooks":6,"Rollback":3}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0,"Aside":true},"Alive":null,"Events":null}
7m0s       weights      a=3 b=3
16m0s      quality      a=4 b=5 c=16
17m0s      api-away     agent=1 a=38 b=7
33m0s      hand         agent=1 a=3 b=50
