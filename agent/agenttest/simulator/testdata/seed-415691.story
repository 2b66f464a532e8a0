# story v1 of seed 415691
{"Seed":415691,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0,"Rollback":1}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0,"Approvers":2},"Alive":[],"Events":null}
2m0s       weights      a=5 b=4
22m0s      weights      agent=1 a=4 b=6
44m0s      hand         agent=1 on=journal a=3 b=5
52m0s      dies         agent=1 on=record a=5 b=5
