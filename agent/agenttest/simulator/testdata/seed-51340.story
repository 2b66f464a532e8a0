# story v1 of seed 51340
{"Seed":51340,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[25,75]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":0,"Gate":{"Windows":2,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0,"Freeze":3,"Aside":true},"Alive":null,"Events":null}
10m0s      break        agent=1 on=authors after=1 a=6 b=6
11m0s      weights      agent=1 a=60 b=2
23m0s      delete       on=record after=1 a=16 b=3
1h29m0s    kill         on=read skip=31 a=3 b=4
