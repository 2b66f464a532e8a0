# A decision found on the branch, whose end could not be read just then, was left open for ever.
# story v1 of seed 69722
{"Seed":69722,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
3m0s       conflict     on=journal a=4 b=5
7m0s       steps        a=1 b=11
1h1m0s     twice        on=record skip=2 after=1 a=6 b=2
1h18m0s    midway       a=4 b=2 c=42
