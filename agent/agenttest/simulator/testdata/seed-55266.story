# story v1 of seed 55266
{"Seed":55266,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":5,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":0,"Start":1,"Schedule":0,"Analysis":0,"Hooks":0,"Rollback":2}},{"Name":"api","Absent":false,"Targets":[1],"Routes":null,"Steps":4,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":0,"Start":1,"Schedule":2,"Analysis":0,"Hooks":2}}],"Suspend":false,"Prune":true,"Adopt":null,"Default":2,"Strict":0,"Broken":0},"Alive":[{"Target":1,"Manager":"helm","Weights":[100,0]}],"Events":null}
3m0s       git-away     agent=2 on=read skip=38 after=1 a=13 b=3
9m0s       steps        agent=2 a=2 b=2
11m0s      extra        on=any skip=2 after=1 b=7
12m0s      hooks        agent=2 a=3 b=1
16m0s      freeze       agent=2 a=7 b=3
17m51s     dies         agent=2 on=any skip=4 a=5 b=2
32m0s      unrule       a=1 b=4
