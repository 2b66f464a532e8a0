# Two agents whose last good revisions differ, as the newest commit is wrong, undid each other.
# story v1 of seed 704
{"Seed":704,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
9m0s       labels       agent=1 b=4
11m0s      break        a=19 b=6
1h54m0s    dies         on=fetch a=7 b=7
