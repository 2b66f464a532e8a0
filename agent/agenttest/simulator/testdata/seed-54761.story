# story v1 of seed 54761
{"Seed":54761,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":0,"Total":0,"Suspend":false,"Deadline":3600,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":0,"Analysis":0,"Hooks":0}}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0,"Freeze":2},"Alive":null,"Events":null}
32m0s      webhook      a=3 b=42
32m0s      fight        agent=1 on=apply skip=4 a=1 b=5
40m0s      kill         on=read skip=25 a=3
46m0s      weights      a=5 b=1
53m0s      freeze       b=3
56m0s      weights      agent=1 a=4 b=17
1h1m0s     hooks        a=1 b=39
1h5m0s     weights      agent=1 a=1 b=23
