# story v1 of seed 58549
{"Seed":58549,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":2,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":0,"Closing":1,"Start":0,"Schedule":0,"Analysis":0,"Hooks":4}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0,"Freeze":3,"Level":1},"Alive":null,"Events":null}
17m0s      freeze       a=5 b=7
45m0s      anew         on=record skip=4 a=6 b=36
49m0s      midway       a=4 b=5
49m0s      webhook      agent=1 a=7 b=6
