# story v1 of seed 40266
{"Seed":40266,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
1m0s       clock        a=6 b=47
1m0s       field        on=record after=1 a=5 b=2
7m0s       revert       on=any after=1 a=1 b=7
13m0s      rename       a=7 b=32
27m0s      dies         on=any skip=2 a=6 b=3
