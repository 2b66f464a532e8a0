# story v1 of seed 33577
{"Seed":33577,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"mail","Name":"mail","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0}},{"Name":"api","Absent":false,"Targets":[1],"Routes":null,"Steps":4,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":4,"Closing":2,"Start":0,"Schedule":2,"Analysis":0,"Hooks":1,"Rollback":1}},{"Name":"pay","Absent":false,"Targets":[2],"Routes":null,"Steps":0,"Total":1000,"Suspend":false,"Deadline":300,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0,"Rollback":1}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0,"Freeze":2},"Alive":null,"Events":null}
32m0s      weights      a=6 b=22
47m0s      midway       a=3 b=8
55m0s      reset        a=3
56m0s      kill         agent=1 a=2 b=7
1h24m0s    pods         agent=1 a=7
1h34m59s   unrule       a=1 b=7
1h59m11s   weights      a=2 b=54
