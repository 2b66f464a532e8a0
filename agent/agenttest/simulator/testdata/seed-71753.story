# An agent took for its own a decision that followed an older state than the one it was laid over.
# story v1 of seed 71753
{"Seed":71753,"Agents":3,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[0,100,0]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0},"Alive":null,"Events":null}
3m0s       dies         agent=2 on=read skip=13 after=1 a=6 b=2
3m0s       ask          a=3 b=6
5m0s       delete       agent=1 on=record a=5 b=4
38m0s      weights      agent=2 b=4
