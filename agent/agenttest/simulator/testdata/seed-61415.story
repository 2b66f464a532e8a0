# story v1 of seed 61415
{"Seed":61415,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[67,33]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0,"Freeze":2},"Alive":null,"Events":null}
3m0s       adopt        on=authors b=6
7m0s       forbidden    on=open skip=1 after=1 a=7
8m0s       policy       on=open a=7 b=6
15m0s      dies         on=fetch after=1 a=3 b=5
