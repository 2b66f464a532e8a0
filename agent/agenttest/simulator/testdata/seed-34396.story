# A write that took effect late, behind a cache that did not show it, was called failed.
# story v1 of seed 34396
{"Seed":34396,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":4,"Strict":0,"Broken":0},"Alive":[],"Events":null}
3m0s       lost         on=journal a=6 b=1
22m0s      lag          on=journal after=1 a=19 b=3
40m0s      midway       b=28
41m0s      late         on=apply skip=4 after=1 a=2 b=3
48m0s      midway       a=1 b=32
