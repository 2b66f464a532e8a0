# A way back by steps stood still in a new life whose Git could not be read at first.
# story v1 of seed 210841
{"Seed":210841,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"api","Absent":false,"Targets":[1],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":3,"Closing":0,"Start":0,"Schedule":2,"Analysis":0,"Hooks":5,"Rollback":2}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0,"Approvers":2,"Aside":true},"Alive":null,"Events":null}
7m0s       dies         on=record a=1
8m0s       kill         on=fetch skip=1 b=2
8m0s       failed       on=fetch skip=2 a=1 b=6
8m0s       hand         a=5 b=2
