# A move that its journey never proposed again kept its decision open for ever.
# story v1 of seed 15620
{"Seed":15620,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[1,3]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":[{"Target":0,"Manager":"kubectl-client-side-apply","Weights":[1,3]}],"Events":null}
3m0s       lag          agent=1 a=49 b=3
8m0s       weights      agent=1 a=2 b=5
