package git_test
import ("testing";"fmt";"os";"path/filepath";"github.com/weir-delivery/weir/agent/git";"github.com/stretchr/testify/require")
func TestZZ(t *testing.T){
	r := newRemote(t)
	m := map[string]string{}
	for i := range 300 { m[fmt.Sprintf("f/%d",i)] = fmt.Sprintf("content %d %d", i, i*7919) }
	r.Commit(m)
	dir := filepath.Join(t.TempDir(),"o")
	s := r.open(func(c *git.Config){c.Dir=dir})
	_, err := s.Fetch(t.Context()); require.NoError(t, err)
	for k := range 3 {
	r.Commit(map[string]string{"g": fmt.Sprint(k)})
	_, err = s.Fetch(t.Context()); require.NoError(t, err)
	}
	fs,_ := filepath.Glob(filepath.Join(dir,"*","objects","pack","*.pack"))
	for _, f := range fs { i,_ := os.Stat(f); b,_ := os.ReadFile(f); fmt.Println(f, i.Size(), b[8:12]) }
	fmt.Println(s.Transfers())
}
