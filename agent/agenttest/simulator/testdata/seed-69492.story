# A create without an answer was called failed while the cache was behind; it had arrived.
# story v1 of seed 69492
{"Seed":69492,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":2,"Total":1000,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0},"Alive":null,"Events":null}
7m0s       deadline     on=record after=1 a=1 b=5
7m0s       late         on=apply after=1 a=6
1h25m0s    lag          a=31 b=6
1h27m0s    rename       a=1 b=7
