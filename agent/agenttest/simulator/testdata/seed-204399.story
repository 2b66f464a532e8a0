# story v1 of seed 204399
{"Seed":204399,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[0,50,50]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,50,50]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0,"Freeze":3,"Aside":true},"Alive":null,"Events":null}
8m0s       dies         on=apply after=1 a=2 b=7
13m0s      lag          agent=1 on=apply skip=2 a=56 b=5
13m52s     midway       a=7 b=23
14m12s     midway       a=40 b=55
18m0s      midway       a=46 b=6
