# A status of before the branch could be read hid the recorded split of a rebuilt cluster.
# story v1 of seed 10532
{"Seed":10532,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[67,33]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":[],"Events":null}
1h46m0s    dies         on=journal skip=2 a=3 b=1
1h49m0s    failed       on=journal a=1 b=7
1h57m0s    midway       a=4 b=63
