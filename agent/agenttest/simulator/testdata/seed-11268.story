# Another agent removed what Git has no more; one that knew an older commit took that for how it was before a write of its own without an answer, and made it anew.
# story v1 of seed 11268
{"Seed":11268,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":1,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
1m0s       late         agent=1 on=apply skip=2 after=1 a=48 b=6
9m0s       hand         agent=1 a=2 b=4
12m0s      delete       agent=1 b=5
21m41s     rename       a=6 b=16
